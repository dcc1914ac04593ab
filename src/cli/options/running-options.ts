import { Option } from 'commander';
import { DEFAULT_CONCURRENCY, DEFAULT_WATCH, MAX_CONCURRENCY } from '../../options.js';
import { ListOption } from './list-option.js';
import { parseInteger, parseInterval, parseListen, parseRate, parseText } from './values.js';

export function watchOptions(): Option[] {
  return [
    new Option('--watch', 'once up to date, follow changes in MLflow until stopped'),
    new Option('--interval <DURATION>', 'how often to poll a server or database')
      .default(DEFAULT_WATCH.interval, '10s')
      .argParser(parseInterval),
    new Option('--reconcile <DURATION>', 'how often to scan a directory for changes that file system events missed')
      .default(DEFAULT_WATCH.reconcile, '30s')
      .argParser(parseInterval),
    new Option('--poll', 'poll directories instead of relying on file system events, for network file systems'),
    new Option('--wait-for-source', 'wait until the source is there and responds, instead of failing at the start'),
    new Option(
      '--listen <HOST:PORT>',
      'serve /healthz and Prometheus /metrics at this address; without a host, on 127.0.0.1 only',
    ).argParser(parseListen),
  ];
}

export function runningOptions(): Option[] {
  return [
    new Option('--concurrency <N>', 'how many runs, requests and downloads to process at a time')
      .default(DEFAULT_CONCURRENCY, '2 per core')
      .argParser(parseInteger(1, MAX_CONCURRENCY)),
    new Option(
      '--requests-per-second <N>',
      'limit requests to the tracking server; 0.5 is one every two seconds',
    ).argParser(parseRate),
    new ListOption(
      '--report <FILE>',
      'write a report about every run to this file: a page if it is called .html, else JSON; repeatable',
      parseText,
    ),
    new Option('--log-format <FORMAT>', 'json writes one JSON object per line to stdout, and nothing else there')
      .choices(['text', 'json'])
      .default('text'),
    new Option('--log-file <FILE>', 'also append the JSON log to this file; SIGHUP opens it anew').argParser(parseText),
    new Option('--quiet', 'print only errors and failed runs'),
    new Option(
      '-v, --verbose',
      'also print each run as it is done, with everything that was changed or left in MLflow',
    ),
    new Option('--no-color', 'do not use colors; so does the variable NO_COLOR'),
  ];
}
