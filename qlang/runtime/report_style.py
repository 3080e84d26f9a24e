"""The style sheet of reports: light and dark, readable on paper."""

STYLE = """
:root{color-scheme:light dark;--back:#fbfbfa;--card:#fff;--ink:#1c1e21;--soft:#63676e;--line:#e3e4e6;
--good:#1a7f4b;--bad:#b3261e;--warn:#8a6100;
--c0:#2563b8;--c1:#c2571a;--c2:#2b8a57;--c3:#8e44ad;--c4:#b8860b;--c5:#c0395f;--c6:#16808a;--c7:#6b7280}
@media (prefers-color-scheme:dark){:root{--back:#131416;--card:#1b1d20;--ink:#e7e8ea;--soft:#9ba0a8;--line:#303338;
--good:#54c98a;--bad:#f2857e;--warn:#e0b23c;
--c0:#6ea8fe;--c1:#f0995c;--c2:#63c795;--c3:#c792ea;--c4:#e3c04f;--c5:#f0799b;--c6:#5cc5cf;--c7:#a3a9b3}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.6rem;margin:0 0 .75rem;overflow-wrap:anywhere}h2{font-size:1.05rem;margin:0 0 .75rem}
h3{font-size:.9rem;margin:1rem 0 .4rem;color:var(--soft)}
section,header{background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:1.1rem 1.25rem;margin:0 0 1rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.25rem;margin:0 0 .5rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600}.n{text-align:right}
.badge{font-size:.8rem;font-weight:600;padding:.15rem .6rem;border-radius:99px;border:1px solid;vertical-align:middle}
.met{color:var(--good)}.missed{color:var(--bad)}.unknown{color:var(--warn)}
figure{margin:0 0 1.25rem}figcaption,p{color:var(--soft);font-size:.9rem}
svg{width:100%;max-width:640px;height:auto;display:block}
svg text{fill:var(--soft);font-size:12px}svg .bits{font-family:ui-monospace,monospace}svg .label{font-size:13px}
svg .grid{stroke:var(--line)}svg polyline{fill:none;stroke:currentColor;stroke-width:1.8}
svg circle,svg rect{fill:currentColor}svg .bar{stroke:currentColor;fill:none;opacity:.75}
.s0{color:var(--c0)}.s1{color:var(--c1)}.s2{color:var(--c2)}.s3{color:var(--c3)}
.s4{color:var(--c4)}.s5{color:var(--c5)}.s6{color:var(--c6)}.s7{color:var(--c7)}
.legend span{margin-right:1.25rem}.legend span::before{content:"●";margin-right:.35rem}
code{font-family:ui-monospace,monospace}
@media print{section,header{break-inside:avoid;border:0}}
"""
