using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Serving;
using Mlops.Storage;

namespace Quickstart;

/// <summary>The main command: prepare, replay, report.</summary>
public static class ReplayCommand
{
    /// <summary>First year of the summary: by then the frozen model has aged.</summary>
    public const int JudgedFrom = 2006;

    public static async Task<int> RunAsync(QuickstartArguments arguments, TextWriter output, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var history = new RideHistory(arguments.Data, [.. RideCsv.Read(arguments.Data)], Preparation.NeededDays);
        Directory.CreateDirectory(arguments.Output);
        using IHost host = QuickstartHost.Build(arguments, history);
        await using SingleReplay single = host.Services.GetRequiredService<SingleReplay>();
        await single.EnterAsync(cancellationToken);
        using var alone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, single.Lost);
        try
        {
            return await RunAsync(arguments, output, watch, host, history, alone.Token);
        }
        catch (OperationCanceledException) when (single.Lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ReplayTakenOverException();
        }
        catch (LeaseLostException exception) when (exception.Lease.Name == SingleReplay.LeaseName)
        {
            throw new ReplayTakenOverException();
        }
    }

    private static async Task<int> RunAsync(
        QuickstartArguments arguments, TextWriter output, Stopwatch watch, IHost host, RideHistory history, CancellationToken cancellationToken)
    {
        using var bar = new ProgressBar(output, history);
        await host.Services.GetRequiredService<Preparation>().RunAsync(bar, cancellationToken);
        await host.Services.GetRequiredService<Replay>().RestoreAsync(cancellationToken);
        await host.StartAsync(cancellationToken);
        try
        {
            BackgroundClient client = await ReplayAsync(host.Services, history, bar, cancellationToken);
            ReplayResult result = await host.Services.GetRequiredService<ResultBuilder>().BuildAsync(cancellationToken);
            bar.Dispose();
            Write(arguments, output, result, client);
            output.WriteLine($"{watch.Elapsed.TotalSeconds:F0} s.");
            return client.Failed == 0 ? 0 : 1;
        }
        finally
        {
            // Also after Ctrl+C: steps are given back and leases released, so that the next start need not wait.
            bar.Dispose();
            await host.StopAsync(CancellationToken.None);
        }
    }

    private static async Task<BackgroundClient> ReplayAsync(IServiceProvider services, RideHistory history, ProgressBar bar, CancellationToken cancellationToken)
    {
        FeatureMap features = services.GetRequiredService<RidershipModels>().Features;
        var client = new BackgroundClient(
            services.GetRequiredService<ModelServer>().GetPredictor<ReadOnlyMemory<float>, float>(RidershipModels.Name), [.. history.Past.Select(features.Of)]);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task asking = Task.Run(() => client.RunAsync(stop.Token), CancellationToken.None);
        try
        {
            await services.GetRequiredService<Replay>().RunAsync(bar, cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            await asking;
        }

        return client;
    }

    private static void Write(QuickstartArguments arguments, TextWriter output, ReplayResult result, BackgroundClient client)
    {
        string json = Path.Combine(arguments.Output, "result.json"), html = Path.Combine(arguments.Output, "report.html");
        Replace(json, ResultFile.Render(result, JudgedFrom));
        Replace(html, ReportHtml.Render(result, JudgedFrom));
        output.WriteLine();
        ResultTable.Write(output, result, JudgedFrom);
        if (result.Decisions.FirstOrDefault(static d => d.Origin == CandidateOrigin.Pushed) is { } pushed)
            output.WriteLine($"A model fitted on shuffled labels was pushed on {pushed.Date:yyyy-MM-dd}: {DecisionTable.Sentence(pushed)}.");
        output.WriteLine($"Meanwhile another caller asked {client.Answered + client.Failed} times and was answered by {client.Versions} versions; {client.Failed} requests failed.");
        output.WriteLine();
        output.WriteLine($"Open   {html}");
        output.WriteLine($"       {json}");
        DateOnly asked = result.Decisions.LastOrDefault(static d => d.Accepted)?.Date.AddDays(1) ?? result.Days[^1].Date;
        output.WriteLine($"Ask    dotnet run -c Release --project samples/Quickstart -- explain {asked:yyyy-MM-dd}{SameAs(arguments)}");
    }

    /// <summary>Writes beside and moves, so that a kill leaves the old file or the new one.</summary>
    private static void Replace(string file, string content)
    {
        string beside = file + ".new";
        File.WriteAllText(beside, content);
        File.Move(beside, file, overwrite: true);
    }

    /// <summary>The arguments by which the question finds this replay; a connection string may hold a password and is not repeated.</summary>
    private static string SameAs(QuickstartArguments arguments)
    {
        var usual = new QuickstartArguments();
        string output = arguments.Output == usual.Output ? "" : $" --output \"{arguments.Output}\"";
        string data = arguments.Data == usual.Data ? "" : $" --data \"{arguments.Data}\"";
        return output + data + (arguments.Storage is null ? "" : "   (with the same MLOPS_STORAGE or --storage)");
    }
}
