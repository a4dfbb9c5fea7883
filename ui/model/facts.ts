/** What a host's agent says about its machine, as a person reads it. Facts that are not known are shown as they are. Pure. */
import { formatValue } from './format.ts';

export interface Fact {
  readonly title: string;
  readonly value: string;
}

const titles: Readonly<Record<string, string>> = {
  os: 'OS',
  kernel: 'Kernel',
  arch: 'Arch',
  agent_version: 'Agent',
  node_version: 'Node',
};

/** Told by another fact, shown elsewhere in the header, or for the hub only. */
const unlistedNames = new Set(['cpu_model', 'cores', 'memory_bytes', 'interval_ms', 'speaks']);

export function factsOf(facts: Readonly<Record<string, string>>): readonly Fact[] {
  const shown: Fact[] = [];
  for (const name of ['os', 'kernel']) if (facts[name]) shown.push({ title: titles[name]!, value: facts[name] });
  const cpu = [facts['cores'], facts['cpu_model']].filter(Boolean).join(' × ');
  if (cpu !== '') shown.push({ title: facts['cpu_model'] ? 'CPU' : 'Cores', value: cpu });
  const memory = Number(facts['memory_bytes']);
  if (memory > 0) shown.push({ title: 'Memory', value: formatValue(memory, 'bytes') });
  for (const [name, value] of Object.entries(facts)) {
    if (unlistedNames.has(name) || name === 'os' || name === 'kernel' || value === '') continue;
    shown.push({ title: titles[name] ?? sentenceCase(name), value });
  }
  return shown;
}

function sentenceCase(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
