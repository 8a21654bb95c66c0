using System.Diagnostics;
using System.Globalization;
using Mlops.Storage.Sqlite;
using Mlops.Tuning;

namespace TuneOverProcesses;

/// <summary>Starts two workers on one study, kills one as a crash would, and shows what came of it.</summary>
internal static class Coordinator
{
    public static async Task<int> RunAsync(string folder, int trials, TextWriter output)
    {
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, "studies.db");
        await using var database = new SqliteDatabase($"Data Source={file}");
        await using Studies studies = Worker.Open(database);
        Study study = await Worker.OpenAsync(studies);
        int before = await FinishedAsync(study);
        if (before > 0)
        {
            output.WriteLine($"{before} trials are there from an earlier run: going on.");
        }

        List<Process> workers = [Start(file, trials), Start(file, trials)];
        int? killAt = before < trials / 3 ? trials / 3 : null;
        while (workers.Count > 0)
        {
            await Task.Delay(50);
            if (killAt is { } at && await FinishedAsync(study) >= at)
            {
                output.WriteLine($"Killing process {workers[0].Id} after {at} trials and starting another.");
                workers[0].Kill();
                await workers[0].WaitForExitAsync();
                workers[0] = Start(file, trials);
                killAt = null;
            }

            if (workers.Find(static worker => worker is { HasExited: true, ExitCode: not 0 }) is { } failed)
            {
                output.WriteLine($"Process {failed.Id} failed with {failed.ExitCode}.");
                workers.ForEach(static worker => worker.Kill());
                return 1;
            }

            workers.RemoveAll(static worker => worker.HasExited);
        }

        await ShowAsync(study, folder, output);
        return 0;
    }

    private static async Task ShowAsync(Study study, string folder, TextWriter output)
    {
        List<TrialRecord> trials = [];
        await foreach (TrialRecord trial in study.GetTrialsAsync())
        {
            trials.Add(trial);
        }

        TrialRecord best = await study.GetBestAsync();
        output.WriteLine(string.Join(", ", trials.GroupBy(static trial => trial.State).Select(static group => $"{group.Count()} {group.Key}")) + $"; taken over: {trials.Count(static trial => trial.Attempt > 1)}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"best: trial {best.Number}, loss {best.Value:F4}, {string.Join(", ", best.Parameters.Select(static parameter => $"{parameter.Key} = {parameter.Value}"))}"));
        foreach (ParameterImportance importance in await study.GetImportancesAsync())
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {importance.Parameter,-10} {importance.Importance,5:P0}  ({importance.Low:P0} to {importance.High:P0})"));
        }

        string page = Path.Combine(folder, "study.html");
        await File.WriteAllTextAsync(page, await study.ToHtmlAsync());
        output.WriteLine($"page: {page}");
    }

    private static async Task<int> FinishedAsync(Study study) => (await study.GetProgressAsync()).Finished;

    private static Process Start(string file, int trials)
    {
        string assembly = typeof(Coordinator).Assembly.Location;
        var start = new ProcessStartInfo("dotnet");
        foreach (string argument in new[] { "exec", assembly, "work", file, trials.ToString(CultureInfo.InvariantCulture) })
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
