"""Claims about physathon, and the code that checks them."""
