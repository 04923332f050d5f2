"""One file for each step, named by the layout it leads to."""
