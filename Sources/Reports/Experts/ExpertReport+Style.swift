extension ExpertReport {
  /// Light or dark as the reader's system is; one column on a phone; no figure is cut by a page's end.
  static let style = """
    :root {
      color-scheme: light dark;
      --paper: #faf9f6; --card: #fff; --ink: #1e1c19; --quiet: #676159; --line: #e2ddd5;
      --above: #a4500c; --below: #1f609c; --bar: #c77a3c;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #141210; --card: #1d1a17; --ink: #eeebe6; --quiet: #a69f95; --line: #35302a;
        --above: #f0a44c; --below: #63aef5; --bar: #cf8636;
      }
    }
    * { box-sizing: border-box; margin: 0; padding: 0; }
    body {
      max-width: 76rem; margin: 0 auto; padding: 1.25rem clamp(1rem, 4vw, 2.5rem) 3rem;
      background: var(--paper); color: var(--ink);
      font: 1rem/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums;
    }
    h1 { margin: clamp(1rem, 4vw, 2rem) 0 .25rem; font-size: clamp(1.6rem, 4.2vw, 2.3rem); font-weight: 650;
      line-height: 1.15; letter-spacing: -.02em; text-wrap: balance; overflow-wrap: anywhere; }
    h2 { margin-bottom: .75rem; font-size: 1.25rem; font-weight: 650; }
    h3 { margin-bottom: .5rem; font-size: 1rem; font-weight: 650; }
    section { margin-top: 2.5rem; }
    .quiet { color: var(--quiet); font-size: .875rem; }
    .lead, .explanation { max-width: 46rem; text-wrap: pretty; }
    .lead { margin-top: 1rem; }
    .explanation { margin-top: .9rem; }
    .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 1rem; }
    figure { min-width: 0; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: .9rem;
      background: var(--card); break-inside: avoid; }
    figure svg { width: 100%; height: auto; }
    figure.wide { grid-column: 1 / -1; }
    figure.wide svg { width: auto; }
    figcaption { margin-top: .5rem; color: var(--quiet); font-size: .875rem; text-wrap: pretty; }
    .plot { overflow-x: auto; }
    svg { display: block; }
    svg text { fill: var(--quiet); font-size: 11px; }
    .grid { stroke: var(--line); }
    .frame { fill: var(--card); stroke: var(--line); }
    .bar { fill: var(--bar); shape-rendering: crispEdges; }
    .above { fill: var(--above); } .below { fill: var(--below); }
    .bar:hover, .above:hover, .below:hover { stroke: var(--ink); }
    line.reference { stroke: var(--ink); stroke-dasharray: 5 4; }
    svg text.reference { fill: var(--ink); }
    .legend svg { margin-top: .9rem; }
    table { border-collapse: collapse; }
    td { white-space: nowrap; }
    th, td { padding: .3rem 0 .3rem 1.25rem; vertical-align: bottom; text-align: right; border-bottom: 1px solid var(--line); }
    th:first-child, td:first-child { padding-left: 0; text-align: left; }
    th { color: var(--quiet); font-size: .875rem; font-weight: 400; }
    details { margin-top: .75rem; color: var(--quiet); font-size: .875rem; }
    summary { cursor: pointer; }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin-top: .5rem; }
    footer { margin-top: 3rem; }
    @media print {
      body { max-width: none; padding: 0; background: none; font-size: .85rem; print-color-adjust: exact; }
      section { margin-top: 1.5rem; break-inside: avoid; }
      .plot { overflow: visible; }
      .charts { grid-template-columns: repeat(auto-fill, minmax(min(100%, 14rem), 1fr)); }
      figure.wide svg { max-width: 100%; }
    }
    """
}
