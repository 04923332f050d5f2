"""Pods: resources, who may do what with them, and what a new one holds."""
