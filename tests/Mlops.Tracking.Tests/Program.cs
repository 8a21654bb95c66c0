using Microsoft.Testing.Platform.Builder;
using Mlops.Tracking.Tests.Storage;

if (args is [CrashWriter.Verb, string folder])
{
    await CrashWriter.RunAsync(folder);
    return 0;
}

if (args is [CrashPurger.Verb, string purged])
{
    await CrashPurger.RunAsync(purged);
    return 0;
}

ITestApplicationBuilder builder = await TestApplication.CreateBuilderAsync(args);
Mlops.Tracking.Tests.SelfRegisteredExtensions.AddSelfRegisteredExtensions(builder, args);
using ITestApplication application = await builder.BuildAsync();
return await application.RunAsync();
