namespace Quickstart;

public static partial class ReportHtml
{
    // Line colours are Okabe and Ito's, told apart by readers with any colour vision; naive is dashed as well.
    private const string Style =
        """
        :root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --soft: #5b6470; --rule: #e3e6ea; --tile: #f5f7f9;
          --managed: #0072b2; --blind: #00875f; --naive: #b07700; --frozen: #c44e00; --error: #c0262d; --drift: #d98200; --steady: #8a94a0; }
        @media (prefers-color-scheme: dark) {
          :root { --paper: #14171b; --ink: #e6e9ed; --soft: #9aa4b0; --rule: #2b3138; --tile: #1d2228;
            --managed: #5cb8f2; --blind: #35cf9d; --naive: #e6b450; --frozen: #ff8a4c; --error: #ff6b6b; --drift: #f2a33a; --steady: #7c8794; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
        main { max-width: 1180px; margin: 0 auto; padding: 28px 24px 60px; }
        h1 { font-size: 27px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 34px 0 6px; }
        .lead { color: var(--soft); margin: 0 0 18px; } .key { color: var(--soft); font-size: 13px; margin: 0 0 8px; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 10px; }
        .tile { background: var(--tile); border-radius: 8px; padding: 12px 14px; color: var(--soft); font-size: 13px; line-height: 1.35; }
        .tile b { display: block; font-size: 24px; color: var(--ink); font-weight: 650; }
        svg { width: 100%; height: auto; display: block; } svg text { font-family: inherit; fill: var(--soft); font-size: 12px; }
        .grid { stroke: var(--rule); } .year { stroke: var(--rule); } .switch { stroke: var(--blind); stroke-opacity: .35; stroke-dasharray: 2 3; }
        .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; } svg .label { font-weight: 600; font-size: 13px; }
        .line.frozen { stroke: var(--frozen); } .line.naive { stroke: var(--naive); stroke-dasharray: 6 4; }
        .line.blind { stroke: var(--blind); } .line.managed { stroke: var(--managed); stroke-width: 3; }
        svg .label.frozen { fill: var(--frozen); } svg .label.naive { fill: var(--naive); } svg .label.blind { fill: var(--blind); } svg .label.managed { fill: var(--managed); }
        svg .lane { font-size: 12.5px; } .alarm-error { fill: var(--error); } .alarm-drift { fill: var(--drift); }
        .promoted { fill: var(--blind); stroke: var(--paper); } .rejected { fill: none; stroke: var(--soft); stroke-width: 2.2; } .pushed { fill: var(--error); stroke: var(--paper); }
        rect.drifted { fill: var(--drift); } rect.steady { fill: var(--steady); }
        .stroke { display: inline-block; width: 22px; border-top: 3px solid; vertical-align: middle; margin: 0 5px 0 14px; } .stroke:first-child { margin-left: 0; }
        .stroke.managed { color: var(--managed); border-width: 4px; } .stroke.blind { color: var(--blind); } .stroke.naive { color: var(--naive); border-top-style: dashed; } .stroke.frozen { color: var(--frozen); }
        .swatch { display: inline-block; width: 14px; height: 14px; border-radius: 2px; vertical-align: -2px; margin: 0 5px 0 10px; } .swatch:first-child { margin-left: 0; }
        .swatch.drifted { background: var(--drift); } .swatch.steady { background: var(--steady); opacity: .3; }
        table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
        th { text-align: left; color: var(--soft); font-weight: 600; border-bottom: 1px solid var(--rule); padding: 4px 8px; }
        td { padding: 4px 8px; border-bottom: 1px solid var(--rule); vertical-align: top; } .n { text-align: right; white-space: nowrap; } .wide { max-width: 330px; }
        td:first-child, td:last-child { white-space: nowrap; } .r2 { color: var(--soft); } .best { font-weight: 700; } .sum td { border-top: 2px solid var(--soft); }
        .group { text-align: center; border-bottom-color: var(--soft); }
        tr:target td { background: var(--tile); } .up { color: var(--blind); } .no { color: var(--soft); } .push { color: var(--error); } a { color: inherit; }
        @media (max-width: 700px) { main { padding: 18px 12px 40px; } section { overflow-x: auto; } section svg { min-width: 760px; } .wide { display: none; }
          td:first-child, tr:first-child th:first-child { position: sticky; left: 0; background: var(--paper); border-right: 1px solid var(--rule); } }
        """;
}
