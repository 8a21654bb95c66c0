// Calls every method of the inference service and of the health service with the gRPC client of node, and writes what came of each as JSON
// lines to a file.
'use strict';
const fs = require('fs');
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [address, output, key] = process.argv.slice(2);
const load = file => grpc.loadPackageDefinition(loader.loadSync(path.join(__dirname, file), { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true }));
const inference = new (load('inference.proto').inference.GRPCInferenceService)(address, grpc.credentials.createInsecure());
const health = new (load('health.proto').grpc.health.v1.Health)(address, grpc.credentials.createInsecure());
const metadata = new grpc.Metadata();
metadata.set('authorization', `Bearer ${key}`);
const results = [];

function call(client, name, request) {
    return new Promise(resolve => client[name](request, metadata, (error, answer) => {
        results.push(error ? { name, code: error.code, details: error.details } : { name, answer });
        resolve(answer);
    }));
}

const numbers = (raw, read, size) => Array.from({ length: raw.length / size }, (_, i) => raw[read](i * size));
const int32 = values => Buffer.concat(values.map(value => { const bytes = Buffer.alloc(4); bytes.writeInt32LE(value); return bytes; }));
const simple = (id, first, second) => ({
    model_name: 'simple',
    id,
    inputs: ['INPUT0', 'INPUT1'].map(name => ({ name, datatype: 'INT32', shape: [1, 16] })),
    raw_input_contents: [first, second].map(value => int32(Array(16).fill(value))),
});

(async () => {
    for (const name of ['ServerLive', 'ServerReady', 'ServerMetadata']) {
        await call(inference, name, {});
    }
    for (const name of ['ModelReady', 'ModelMetadata', 'ModelConfig']) {
        await call(inference, name, { name: 'digits' });
    }

    const raw = await call(inference, 'ModelInfer', simple('raw', 7, 5));
    results.push({ name: 'raw', answer: raw.raw_output_contents.map(bytes => numbers(bytes, 'readInt32LE', 4)[15]) });
    const typed = await call(inference, 'ModelInfer', {
        model_name: 'digits',
        model_version: '1',
        inputs: [{ name: 'input', datatype: 'FP32', shape: [2, 64], contents: { fp32_contents: Array(128).fill(0.5) } }],
        outputs: [{ name: 'probabilities' }],
    });
    results.push({ name: 'typed', answer: typed.outputs[0] });
    await call(inference, 'ModelInfer', { ...simple('bad', 1, 1), model_name: 'nobody' });

    await new Promise(resolve => {
        const stream = inference.ModelStreamInfer();
        const answers = [];
        stream.on('data', answer => answers.push(answer.error_message || numbers(answer.infer_response.raw_output_contents[0], 'readInt32LE', 4)[0]));
        stream.on('end', () => { results.push({ name: 'ModelStreamInfer', answer: answers }); resolve(); });
        stream.on('error', error => { results.push({ name: 'ModelStreamInfer', details: error.details }); resolve(); });
        for (let i = 0; i < 5; i++) {
            stream.write(i === 2 ? { ...simple('bad', 1, 1), inputs: [], raw_input_contents: [] } : simple(`${i}`, i, 1));
        }
        stream.end();
    });

    await call(inference, 'ModelStatistics', { name: 'simple' });
    await call(inference, 'RepositoryIndex', {});
    await call(inference, 'RepositoryModelUnload', { model_name: 'digits' });
    await call(inference, 'RepositoryModelLoad', { model_name: 'digits' });
    await call(health, 'Check', { service: 'digits' });
    await new Promise(resolve => {
        const watch = health.Watch({ service: '' });
        watch.on('data', answer => { results.push({ name: 'Watch', answer }); watch.cancel(); });
        watch.on('error', resolve);
    });

    fs.writeFileSync(output, results.map(result => JSON.stringify(result)).join('\n'));
    process.exit(0);
})();
