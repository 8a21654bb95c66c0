using Microsoft.Testing.Platform.Builder;
using Mlops.Tracking.Tests.Journal;
using Mlops.Tracking.Tests.Storage;
using Mlops.Tracking.Tests.Surroundings;

if (args is [CrashWriter.Verb, string engine, string folder])
{
    await CrashWriter.RunAsync(engine, folder);
    return 0;
}

if (args is [CanaryWorker.Verb, string stored, ..])
{
    await CanaryWorker.RunAsync(stored);
    return 0;
}

if (args is [JournalWorker.Verb, string connectionString, string journal])
{
    await JournalWorker.RunAsync(connectionString, journal);
    return 0;
}

if (args is [CrashPurger.Verb, string purged, string purger])
{
    await CrashPurger.RunAsync(purged, purger);
    return 0;
}

ITestApplicationBuilder builder = await TestApplication.CreateBuilderAsync(args);
Mlops.Tracking.Tests.SelfRegisteredExtensions.AddSelfRegisteredExtensions(builder, args);
using ITestApplication application = await builder.BuildAsync();
return await application.RunAsync();
