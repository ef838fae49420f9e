import { createHash } from 'node:crypto';

export interface Query {
  readonly expr: string;
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  /** Shows one number rather than a graph: the last value there is. */
  readonly isStat?: boolean;
  /** One of Grafana's units: reqps, s, bytes, percentunit, short … */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** From here on a stat is red; `worse` says in which direction. */
  readonly limit?: { readonly value: number; readonly worse: 'above' | 'below' };
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Marks in every graph. Where the expression has a value, something happened. */
export interface Annotation {
  readonly name: string;
  readonly expr: string;
  readonly title: string;
}

export interface DashboardContent {
  /** What is hashed for the uid: Grafana keeps one dashboard for each. */
  readonly key: string;
  readonly title: string;
  /** Dashboards with the same one are linked from each other. */
  readonly tag: string;
  readonly rows: readonly Row[];
  readonly annotations: readonly Annotation[];
}

const COLUMNS = 24;
const sizes = { stat: { w: 4, h: 4 }, graph: { w: 8, h: 8 } } as const;
const datasource = { type: 'prometheus', uid: '$datasource' };

/** A dashboard as Grafana reads it (schema version 39, Grafana 10 and later). */
export function grafanaDashboard({ key, title, tag, rows, annotations }: DashboardContent): object {
  return {
    uid: createHash('sha256').update(key).digest('hex').slice(0, 16),
    title,
    tags: ['llm-schema-registry', tag],
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus' }] },
    links: [{ type: 'dashboards', title: 'More of it', tags: [tag], asDropdown: false, keepTime: true }],
    annotations: {
      list: annotations.map(({ name, expr, title: of }, index) => ({
        name,
        datasource,
        enable: true,
        iconColor: index === 0 ? 'blue' : 'purple',
        expr,
        step: '60s',
        titleFormat: of,
      })),
    },
    panels: placed(rows).map((panel, index) => ({ id: index + 1, ...panel })),
  };
}

/** Panels go from left to right, and below where there is no room left. */
function placed(rows: readonly Row[]): readonly object[] {
  let y = 0;
  return rows.flatMap(({ title, panels }) => {
    const row = { type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: COLUMNS, h: 1 } };
    y += 1;
    let x = 0;
    let lineHeight = 0;
    const objects = panels.map((panel) => {
      const { w, h } = panel.isStat ? sizes.stat : sizes.graph;
      if (x + w > COLUMNS) {
        x = 0;
        y += lineHeight;
        lineHeight = 0;
      }
      const object = { ...panelObject(panel), gridPos: { x, y, w, h } };
      x += w;
      lineHeight = Math.max(lineHeight, h);
      return object;
    });
    y += lineHeight;
    return [row, ...objects];
  });
}

function panelObject({ title, isStat, unit, queries, limit }: Panel): object {
  const [first, second] = limit?.worse === 'below' ? ['red', 'green'] : ['green', 'red'];
  const steps = [
    { color: first, value: null },
    ...(limit === undefined ? [] : [{ color: second, value: limit.value }]),
  ];
  return {
    type: isStat ? 'stat' : 'timeseries',
    title,
    datasource,
    fieldConfig: {
      defaults: {
        unit,
        ...(isStat ? {} : { min: 0 }),
        ...(limit === undefined ? {} : { thresholds: { mode: 'absolute', steps } }),
      },
      overrides: [],
    },
    ...(isStat ? { options: { reduceOptions: { calcs: ['lastNotNull'] } } } : {}),
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat: legend,
    })),
  };
}

export function graph(title: string, unit: string, ...queries: readonly Query[]): Panel {
  return { title, unit, queries };
}

export function stat(title: string, unit: string, expr: string, limit?: Panel['limit']): Panel {
  return { title, unit, isStat: true, queries: [{ expr, legend: title }], ...(limit ? { limit } : {}) };
}
