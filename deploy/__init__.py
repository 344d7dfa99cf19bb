"""How Tessera is run: `local` is the stack as plain processes of one machine."""
