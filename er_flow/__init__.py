"""Floor 3: the emergency department."""
