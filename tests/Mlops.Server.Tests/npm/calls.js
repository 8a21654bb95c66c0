// Makes every call that the npm client 'mlflow' has, against a server, and writes what came of each as JSON lines to a file: the client
// itself prints to the standard output.
'use strict';
const fs = require('fs');
const MLflow = require('mlflow');

const [endpoint, output] = process.argv.slice(2);
const { Experiments, Runs, Metrics, Artifacts } = new MLflow({ endpoint });
const results = [];

async function call(name, promise) {
    try {
        const answer = await promise;
        results.push({ name, answer });
        return answer;
    } catch (error) {
        results.push({ name, error: error.message });
        return {};
    }
}

(async () => {
    const { experiment_id } = await call('experiments/create', Experiments.create({ name: 'npm' }));
    await call('experiments/get', Experiments.get({ experiment_id }));
    await call('experiments/list', Experiments.list());
    await call('experiments/update', Experiments.update({ experiment_id, new_name: 'npm renamed' }));
    await call('experiments/set-experiment-tag', Experiments.setExperimentTag({ experiment_id, key: 'team', value: 'rides' }));
    await call('experiments/delete', Experiments.delete({ experiment_id }));
    await call('experiments/restore', Experiments.restore({ experiment_id }));

    const { run } = await call('runs/create', Runs.create({ experiment_id, user_id: 'ada', start_time: 1700000000000, tags: [{ key: 'kind', value: 'trial' }] }));
    const run_id = run && run.info.run_id;
    await call('runs/get', Runs.get({ run_id }));
    await call('runs/log-metric', Runs.logMetric({ run_id, key: 'mae', value: 0.5, timestamp: 1700000000001, step: 1 }));
    await call('runs/log-parameter', Runs.logParameter({ run_id, key: 'lambda', value: '0.1' }));
    await call('runs/set-tag', Runs.setTag({ run_id, key: 'stage', value: 'test' }));
    await call('runs/delete-tag', Runs.deleteTag({ run_id, key: 'stage' }));
    await call('runs/log-batch', Runs.logBatch({
        run_id,
        metrics: [{ key: 'mae', value: 0.25, timestamp: 1700000000002, step: 2 }, { key: 'r2', value: 0.9, timestamp: 1700000000002, step: 2 }],
        params: [{ key: 'depth', value: '3' }],
        tags: [{ key: 'team', value: 'rides' }],
    }));
    await call('runs/search', Runs.search({ experiment_ids: [experiment_id], filter: "metrics.mae < 0.3 and params.depth = '3'", order_by: ['metrics.mae DESC'], max_results: 10 }));
    await call('metrics/get-history', Metrics.getHistory({ run_id, metric_key: 'mae' }));
    await call('artifacts/list', Artifacts.list({ run_id }));
    await call('runs/update', Runs.update({ run_id, status: 'FINISHED', end_time: 1700000001000 }));
    await call('runs/delete', Runs.delete({ run_id }));
    await call('runs/restore', Runs.restore({ run_id }));

    fs.writeFileSync(output, results.map(result => JSON.stringify(result)).join('\n'));
})();
