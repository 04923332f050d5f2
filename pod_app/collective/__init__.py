"""Views over the pods of those who consent; empty until its issue lands."""
