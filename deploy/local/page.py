"""The look of the few pages of a development stack: one file, no asset from anywhere else."""

from html import escape

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --dim: #777; --good: #1a7f37; --bad: #cf222e; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 3rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; margin-bottom: .25rem; }
p.lead, .dim { color: var(--dim); }
p.lead { margin-top: 0; }
table { border-collapse: collapse; width: 100%; margin: 1.5rem 0; }
th, td { text-align: left; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--dim); }
.good { color: var(--good); }
.bad { color: var(--bad); }
code, pre { font: 14px/1.5 ui-monospace, monospace; }
pre { background: var(--soft); border-radius: 8px; padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
summary { color: var(--dim); cursor: pointer; margin: .5rem 0; }
article { border-top: 1px solid var(--line); padding: 1.25rem 0; }
article h2 { font-size: 1.1rem; margin: 0; }
article p { margin: .1rem 0 .75rem; }
iframe { width: 100%; height: 24rem; border: 1px solid var(--line); border-radius: 8px; background: #fff; }
"""


def page(title: str, lead: str, body: str) -> str:
    """A whole page; `body` is HTML, the rest is text."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{escape(title)}</h1>\n<p class="lead">{escape(lead)}</p>\n{body}\n</body>\n</html>\n'
    )
