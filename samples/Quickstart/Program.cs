using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Orchestration;
using Mlops.Serving;
using Mlops.Storage;
using Quickstart;

using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    QuickstartArguments arguments = QuickstartArguments.Parse(args);
    if (arguments.Help)
    {
        Console.WriteLine(QuickstartArguments.Usage);
        return 0;
    }

    if (arguments.Explain is { } date)
        return await ExplainCommand.RunAsync(arguments, date, Console.Out, stop.Token);
    return arguments.Chaos
        ? await ChaosCommand.RunAsync(arguments, Console.Out, stop.Token)
        : await ReplayCommand.RunAsync(arguments, Console.Out, stop.Token);
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.WriteLine("Stopped. The same command goes on from here.");
    return 130;
}
catch (UsageException e)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(QuickstartArguments.Usage);
    return 2;
}
catch (ArgumentException e) when (e.ParamName == "connectionString")
{
    Console.Error.WriteLine($"--storage: {e.Message}");
    return 2;
}
catch (Exception e) when (e is AlreadyReplayingException or ReplayTakenOverException or RideCsvException or StorageException or SchemaTooNewException or ArtifactCorruptException or ServingException
    or PipelineRunFailedException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
