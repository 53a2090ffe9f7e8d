"""The judge's side: the only room that opens the vault."""
