"""How fast models forget when they are trained on their own output: exact laws, bounds and simulation."""
