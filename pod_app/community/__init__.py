"""The life of gardens and communities; empty until its issue lands."""
