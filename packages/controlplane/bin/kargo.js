#!/usr/bin/env node
import { run } from '../../../bin/run.js';

void run('packages/controlplane/src/main.ts', process.argv.slice(2));
