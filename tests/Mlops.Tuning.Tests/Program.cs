using Microsoft.Testing.Platform.Builder;

namespace Mlops.Tuning.Tests;

/// <summary>Runs the tests, or with <c>worker</c> as first argument one of the processes that the crash tests kill.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is ["worker", ..])
        {
            return await CrashWorker.RunAsync(args[1..]);
        }

        ITestApplicationBuilder builder = await TestApplication.CreateBuilderAsync(args);
        SelfRegisteredExtensions.AddSelfRegisteredExtensions(builder, args);
        using ITestApplication application = await builder.BuildAsync();
        return await application.RunAsync();
    }
}
