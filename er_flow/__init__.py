"""Floor 3: the emergency department. No tables of its own yet."""
