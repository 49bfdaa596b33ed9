"""From judged records to what people read: tables, figures, one page. Trains nothing and imports no torch.

`render.render` and `render.check` write and verify a folder of reports, `terminal.terminal_table` and
`terminal.claims_table` print, `compare.compare` sets two results folders side by side.
"""
