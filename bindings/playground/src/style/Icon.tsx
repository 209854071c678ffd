/** The few signs that controls carry, drawn on a grid of 16. */
const PATHS = {
  plus: 'M8 3v10M3 8h10',
  trash: 'M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5',
  down: 'M4 6l4 4 4-4',
  right: 'M6 4l4 4-4 4',
  swap: 'M3 6h9l-2.5-2.5M13 10H4l2.5 2.5',
  wrench: 'M13 4.5a3 3 0 0 1-4 3.7L5 12.3a1.3 1.3 0 0 1-1.9-1.9L7.3 6.5A3 3 0 0 1 11 2.6L9.3 4.4l2 2z',
  link: 'M6.8 9.2l2.4-2.4M7.5 4.5l1.2-1.2a2.8 2.8 0 0 1 4 4L11.5 8.5M4.5 7.5L3.3 8.7a2.8 2.8 0 0 0 4 4L8.5 11.5',
  inbox: 'M2.5 9.5l2-6h7l2 6v3.5h-11zM2.5 9.5h3l1 1.5h3l1-1.5h3',
  book: 'M8 4.5C6.5 3.3 4.5 3 2.5 3v9.5c2 0 4 .3 5.5 1.5 1.5-1.2 3.5-1.5 5.5-1.5V3c-2 0-4 .3-5.5 1.5zM8 4.5V14',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M12.6 3.4l-1.1 1.1M4.5 11.5l-1.1 1.1',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z',
  pin: 'M8 14v-4M4.5 10h7L10.5 7V3h-5v4z',
  close: 'M4 4l8 8M12 4l-8 8',
  check: 'M3 8.5l3.5 3.5L13 4.5',
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

/** The sign of the project: a gate, let down. */
export function Gate() {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <path
        d="M2 5.5h16M2 10h16M4 2.5v12l1.3 2.7 1.3-2.7v-12M8.7 2.5v12l1.3 2.7 1.3-2.7v-12M13.4 2.5v12l1.3 2.7 1.3-2.7v-12"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.3"
        strokeLinejoin="round"
      />
    </svg>
  );
}
