"""The pages of the emergency department."""
