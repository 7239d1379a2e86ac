/** Colours and letters of the page; every colour has a twin for the dark, and its letters a contrast of 4.5 (WCAG 2.2, 1.4.3). */
export const style = `
:root { color-scheme: light dark; --page: #ffffff; --ink: #1c2128; --soft: #59636e; --line: #d6dbe1; --band: #f4f6f8;
  --command: #8c96a3; --phase: #5b8def; --call: #8db1ef; --message: #9583dc; --step: #2f9e6e; --hook: #e08a2c; --mark: #c62f4a; --on: #10151c; }
@media (prefers-color-scheme: dark) { :root { --page: #14181d; --ink: #e4e8ed; --soft: #98a3af; --line: #313944; --band: #1a2027;
  --command: #5d6875; --phase: #3a6bc9; --call: #46639b; --message: #7663c4; --step: #237a54; --hook: #ab6414; --mark: #ff6b81; --on: #ffffff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 28px 40px; max-width: 1480px; background: var(--page); color: var(--ink);
  font: 14px/1.45 -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif; }
h1 { margin: 0; font-size: 22px; font-weight: 600; overflow-wrap: anywhere; }
h2 { margin: 28px 0 8px; font-size: 15px; font-weight: 600; }
p { margin: 4px 0 16px; color: var(--soft); }
/* letters of a drawing shrink with it: where it would be too narrow to be read, it is moved instead */
.drawing { overflow-x: auto; }
svg { display: block; width: 100%; min-width: 1000px; height: auto; }
svg text { font: 11px -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif; fill: var(--ink); pointer-events: none; }
svg .lane { font-size: 13px; font-weight: 600; }
svg .tick { fill: var(--soft); text-anchor: middle; }
svg .grid { stroke: var(--line); stroke-width: 1; shape-rendering: crispEdges; }
svg .band { fill: var(--band); }
svg .label { fill: var(--on); }
svg rect.span.wide { stroke: var(--page); stroke-width: 0.5; }
svg g.span:hover rect.span { stroke: var(--ink); stroke-width: 1.5; }
svg .badge { fill: var(--mark); }
svg .number { fill: var(--page); font-weight: 700; text-anchor: middle; }
.command { fill: var(--command); background: var(--command); } .phase { fill: var(--phase); background: var(--phase); }
.call { fill: var(--call); background: var(--call); } .message { fill: var(--message); background: var(--message); }
.step { fill: var(--step); background: var(--step); } .hook { fill: var(--hook); background: var(--hook); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 10px 0 0; padding: 0; list-style: none; color: var(--soft); font-size: 12px; }
.legend span { display: inline-block; width: 11px; height: 11px; margin-right: 6px; border-radius: 2px; vertical-align: -1px; }
ol { margin: 0; padding: 0; list-style: none; }
ol li { display: grid; grid-template-columns: 22px 76px minmax(0, 1fr); gap: 0 10px; padding: 3px 0; align-items: baseline; }
ol b { display: inline-block; width: 18px; height: 18px; border-radius: 9px; background: var(--mark); color: var(--page); font-size: 11px;
  line-height: 18px; text-align: center; }
.time { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.what { overflow-wrap: anywhere; } .what small { color: var(--soft); font-size: 13px; }
details { margin-top: 28px; } summary { cursor: pointer; font-size: 15px; font-weight: 600; }
table { width: 100%; margin-top: 8px; border-collapse: collapse; table-layout: fixed; font-size: 13px; }
th, td { padding: 3px 10px 3px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; }
th:nth-child(-n+2) { width: 86px; } td:nth-child(-n+2), th:nth-child(-n+2) { text-align: right; } th:nth-child(3) { width: 84px; } th:nth-child(4) { width: 20%; }
`;
