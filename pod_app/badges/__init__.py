"""Badges, in seven parts; each imports only those that come before it here.

`verifier` (is a badge genuine?) · `forge` (achievements: what badges are given for) · `signing` (issue, withdraw,
sign anew) · `recognition` (ask, confirm, rules) · `bag` (badges that a pod holds) · `giving` (awards, lists, codes)
· `hosts` (other programs that keep badges).
"""
