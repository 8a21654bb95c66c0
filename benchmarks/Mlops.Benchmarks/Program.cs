using BenchmarkDotNet.Running;
using Mlops.Benchmarks;
using Mlops.Benchmarks.Drift;
using Mlops.Benchmarks.Mlflow;
using Mlops.Benchmarks.Orchestration;
using Mlops.Benchmarks.Registry;
using Mlops.Benchmarks.Serving;
using Mlops.Benchmarks.Storage;
using Mlops.Benchmarks.Tracking;
using Mlops.Benchmarks.Tuning;

switch (args)
{
    case ["storage", ..]:
        await StorageThroughput.RunAsync(args);
        break;
    case ["artifacts"]:
        await ArtifactThroughput.RunAsync();
        break;
    case ["tracking", ..]:
        await TrackingThroughput.RunAsync(args);
        break;
    case ["orchestration", ..]:
        await OrchestrationBenchmarks.RunAsync(args);
        break;
    case ["mlflow", "calls", ..]:
        await MlflowCalls.RunAsync(args.ElementAtOrDefault(2));
        break;
    case ["mlflow", ..]:
        await MlflowThroughput.RunAsync(args);
        break;
    case ["serving", ..]:
        await ServingThroughput.RunAsync(args);
        break;
    case ["routing"]:
        RoutingTime.Run();
        break;
    case ["serving-http", ..]:
        await ServingHttp.RunAsync(args);
        break;
    case ["serving-grpc", ..]:
        await ServingGrpc.RunAsync(args);
        break;
    case ["registry"]:
        await RegistryResolve.RunAsync();
        break;
    case ["search", "curves", ..]:
        await TrackingSearch.RunCurvesAsync(args.ElementAtOrDefault(2));
        break;
    case ["search", ..]:
        await TrackingSearch.RunAsync(args.ElementAtOrDefault(1));
        break;
    case ["false-alarms"]:
        FalseAlarms.Run();
        break;
    case ["drift-calibration", ..]:
        DriftCalibration.Run(args);
        break;
    case ["ridership-drift"]:
        RidershipDrift.Run();
        break;
    case ["moving-over"]:
        MovingOver.Run();
        break;
    case ["turns", ..]:
        Turns.Run(args);
        break;
    case ["tuning-quality", ..]:
        TuningQuality.Run(args);
        break;
    case ["tuning-hyperband", ..]:
        TuningHyperband.Run(args);
        break;
    case ["tuning-fronts", ..]:
        TuningFronts.Run(args);
        break;
    case ["tuning-compare", ..]:
        TuningComparison.Run(args);
        break;
    case ["tuning-understanding", ..]:
        await TuningUnderstanding.RunAsync(args);
        break;
    case ["tuning-ask", ..]:
        await TuningAsk.RunAsync(args);
        break;
    case ["tuning-pruning", ..]:
        TuningPruning.Run(args);
        break;
    case ["tuning-throughput", ..]:
        await TuningThroughput.RunAsync(args);
        break;
    case [TuningThroughputWorker.Verb, ..]:
        await TuningThroughputWorker.RunAsync(args);
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        break;
}
