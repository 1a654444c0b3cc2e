"""Floor 4: claims and payments. No tables of their own yet."""
