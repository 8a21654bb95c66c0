using Microsoft.Testing.Platform.Builder;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Tests;

/// <summary>Runs the tests, or with <c>worker</c> as first argument one of the processes that they kill or let compete.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is ["worker", ..])
        {
            return await StorageWorker.RunAsync(SqliteEngine.Instance, args[1..]);
        }

        ITestApplicationBuilder builder = await TestApplication.CreateBuilderAsync(args);
        SelfRegisteredExtensions.AddSelfRegisteredExtensions(builder, args);
        using ITestApplication application = await builder.BuildAsync();
        return await application.RunAsync();
    }
}
