/** The tab that a key leads to from the one at a place: arrows go round; nothing for other keys. */
export function tabFrom<T>(tabs: readonly T[], at: number, key: string): T | undefined {
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[key];
  return to === undefined ? undefined : tabs.at(to % tabs.length);
}
