"""What somebody who means harm tried, and what came back."""
