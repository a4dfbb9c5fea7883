/**
 * The settings of the embedded server: for a machine with two cores and a few GiB, written at each start.
 * An operator's own go into `local.conf` beside the cluster, which is read after these; what keeps the server
 * private is on the command line, where neither that file nor ALTER SYSTEM can change it.
 */

/** Text of `pulsewire.conf` for a server of this major version. Paths are relative, so that the data folder can be moved. */
export function formatSettings(major: string): string {
  const known = Object.entries(settings).filter(([name]) => Number(major) >= (sinceMajor[name] ?? 0));
  const lines = known.map(([name, value]) => `${name} = '${value}'\n`);
  return `# Written by Pulsewire at each start. Put your own settings into local.conf beside it.\n${lines.join('')}include_if_exists 'local.conf'\n`;
}

/** Arguments of `postgres`: no TCP, and a socket inside the cluster, which is closed to everyone but its owner. */
export function postmasterArguments(clusterFolder: string): readonly string[] {
  const fixed = { listen_addresses: '', unix_socket_directories: '.', unix_socket_permissions: '0700', port: '5432' };
  return ['-D', clusterFolder, ...Object.entries(fixed).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** A file is at most 10 MB (`log_rotation_size`), so the log takes about 50 MB. */
export const logFilesMax = 5;
export const logFilePattern = /^postgresql-\d{8}T\d{6}\.log$/;

/** A server stops at a setting that it does not know: those that came after 17, which `pulsewire upgrade` still starts. */
const sinceMajor: Readonly<Record<string, number>> = { io_workers: 18 };

const settings: Readonly<Record<string, string>> = {
  // An acknowledged tick is on the disk: this is what the promise rests on.
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',

  // Three threads with small pools, migrations and an operator's own session stay well below.
  max_connections: '40',
  shared_buffers: '128MB',
  effective_cache_size: '512MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  // No parallel queries: two cores are shared with the hub, and containers often have 64 MB of /dev/shm.
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  io_workers: '2',
  // Statements are short and prepared; compiling them costs more than it saves.
  jit: 'off',

  // Few checkpoints, so few full pages in the WAL; recovery after a crash reads at most about 2 GB.
  checkpoint_timeout: '15min',
  max_wal_size: '2GB',
  min_wal_size: '128MB',
  // The binaries know pglz only (tried: lz4 and zstd are refused), and the payload is compressed already.
  wal_compression: 'off',

  // Batches are deleted as soon as they are compacted, so dead rows come quickly and all the time.
  autovacuum_max_workers: '2',
  autovacuum_naptime: '30s',

  logging_collector: 'on',
  log_directory: '../log',
  log_filename: 'postgresql-%Y%m%dT%H%M%S.log',
  log_file_mode: '0600',
  log_rotation_size: '10MB',
  log_rotation_age: '0',
  log_line_prefix: '%m [%p] %q%u@%d ',
  log_lock_waits: 'on',
  // Parameters are samples and tokens: neither belongs into a log.
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_timezone: 'UTC',
  timezone: 'UTC',
  datestyle: 'ISO',
  lc_messages: 'C',
};
