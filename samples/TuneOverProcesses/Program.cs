using System.Globalization;
using TuneOverProcesses;

// The same program twice: without a role it starts two workers, kills one on the way, and shows what they found.
switch (args)
{
    case ["work", string file, string trials]:
        await Worker.RunAsync(file, int.Parse(trials, CultureInfo.InvariantCulture));
        return 0;
    case []:
        return await Coordinator.RunAsync("tune-over-processes", 60, Console.Out);
    case ["--folder", string folder]:
        return await Coordinator.RunAsync(folder, 60, Console.Out);
    case ["--folder", string folder, "--trials", string count] when int.TryParse(count, CultureInfo.InvariantCulture, out int total) && total >= 10:
        return await Coordinator.RunAsync(folder, total, Console.Out);
    default:
        Console.Error.WriteLine("usage: TuneOverProcesses [--folder DIR [--trials 10 or more]]");
        return 2;
}
