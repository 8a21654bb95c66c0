using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Quickstart;

/// <summary>Answers from the database alone; no model is served.</summary>
public static class ExplainCommand
{
    public static async Task<int> RunAsync(QuickstartArguments arguments, DateOnly date, TextWriter output, CancellationToken cancellationToken)
    {
        if (arguments.Storage is null && !File.Exists(Path.Combine(arguments.Output, "mlops.db")))
        {
            output.WriteLine($"There is no replay in '{arguments.Output}' yet: run the Quickstart first, or name its folder with --output.");
            return 1;
        }

        var history = new RideHistory(arguments.Data, [.. RideCsv.Read(arguments.Data)], Preparation.NeededDays);
        using IHost host = QuickstartHost.Build(arguments, history);
        return await host.Services.GetRequiredService<Explanation>().WriteAsync(date, output, cancellationToken);
    }
}
