"""How good an answer is: pure numbers first, then files."""
