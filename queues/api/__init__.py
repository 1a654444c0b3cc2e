"""REST: lines, visits, reception, displays and what the public may see."""
