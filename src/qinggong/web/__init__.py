"""The portal (门户): pages, data and search over a workspace, read only; nothing is computed at request time."""
