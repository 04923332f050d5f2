"""The door of pod addresses, as Solid writes it: resources, access, patches and notifications over HTTP.

`ldp` is the door. Reading: `representations`, `listings`, `storage_description`, `answers`; writing: `patching`,
`mailbox`; headers: `solid_headers`, `cors`. Notifications: `subscriptions`, `following`, `streams`, `legacy_sockets`.
"""
