/** Words with code between ticks, as lessons and titles have them. */
export function Ticked({ text }: { text: string }) {
  return <>{text.split('`').map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part))}</>;
}
