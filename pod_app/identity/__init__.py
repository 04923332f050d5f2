"""Who is asking: accounts, sessions and credentials."""
