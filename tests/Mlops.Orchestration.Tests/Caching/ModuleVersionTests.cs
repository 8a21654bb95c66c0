using System.Diagnostics;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Mlops.Orchestration.Tests;

/// <summary>The code part of cache keys, with real builds.</summary>
[TestFixture]
internal sealed class ModuleVersionTests
{
    private string _root = "";

    [OneTimeSetUp]
    public void CreateRoot() => _root = Directory.CreateTempSubdirectory("mlops-mvid").FullName;

    [OneTimeTearDown]
    public void DeleteRoot() => Directory.Delete(_root, recursive: true);

    [Test]
    [CancelAfter(600_000)]
    public async Task With_the_properties_of_the_package_a_module_keeps_its_id_over_commits_and_folders_and_loses_it_with_its_code(
        CancellationToken cancellationToken)
    {
        Guid here = await BuildAsync("here", "public static class A { public static int X => 1; }", import: true, cancellationToken);
        Guid there = await BuildAsync("there", "public static class A { public static int X => 1; }", import: true, cancellationToken);
        Guid other = await BuildAsync("other", "public static class A { public static int X => 2; }", import: true, cancellationToken);
        Guid without = await BuildAsync("without", "public static class A { public static int X => 1; }", import: false, cancellationToken);
        Guid withoutToo = await BuildAsync("without-too", "public static class A { public static int X => 1; }", import: false, cancellationToken);

        Assert.That(there, Is.EqualTo(here));
        Assert.That(other, Is.Not.EqualTo(here));
        Assert.That(withoutToo, Is.Not.EqualTo(without), "the properties are needed");
    }

    [Test]
    public void The_version_of_code_is_the_same_every_time_and_another_for_other_assemblies()
    {
        Func<int> mine = static () => 1;
        Func<int> mineToo = static () => 2;
        Delegate theirs = TestWorker.CrashPipelines.Mix;

        Assert.That(CodeVersion.Of(mine), Is.Not.Null.And.EqualTo(CodeVersion.Of(mineToo)), "of an assembly, not of a delegate");
        Assert.That(CodeVersion.Of(theirs), Is.Not.Null.And.Not.EqualTo(CodeVersion.Of(mine)));
    }

    private async Task<Guid> BuildAsync(string folder, string code, bool import, CancellationToken cancellationToken)
    {
        string path = Path.Combine(_root, folder);
        Directory.CreateDirectory(path);
        string properties = Path.Combine(AppContext.BaseDirectory, "buildTransitive", "Mlops.Orchestration.props");
        Assert.That(properties, Does.Exist);
        await File.WriteAllTextAsync(Path.Combine(path, "A.cs"), code, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(path, "App.csproj"), $"""
            <Project>
              <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
              {(import ? $"""<Import Project="{properties}" />""" : "")}
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
            </Project>
            """, cancellationToken);
        await RunAsync("git", ["init", "-q"], path, cancellationToken);
        await RunAsync("git", ["-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-q", "--allow-empty", "-m", folder], path, cancellationToken);
        await RunAsync(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["build", "App.csproj", "-c", "Release", "-o", Path.Combine(path, "out"), "-v", "q", "-nodeReuse:false"], path, cancellationToken);
        using var image = new PEReader(File.OpenRead(Path.Combine(path, "out", "App.dll")));
        MetadataReader metadata = image.GetMetadataReader();
        return metadata.GetGuid(metadata.GetModuleDefinition().Mvid);
    }

    private static async Task RunAsync(string program, string[] arguments, string folder, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in start.Environment.Keys.Where(static name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        Assert.That(process.ExitCode, Is.Zero, $"{program}: {output}{await error}");
    }
}
