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
        const string One = "public static class A { public static int X => 1; }";
        await AddProjectAsync("here", One, import: true, cancellationToken);
        await AddProjectAsync("there", One, import: true, cancellationToken);
        await AddProjectAsync("other", "public static class A { public static int X => 2; }", import: true, cancellationToken);
        await AddProjectAsync("without", One, import: false, cancellationToken);
        await AddProjectAsync("without-too", One, import: false, cancellationToken);
        await BuildAsync(cancellationToken);
        Guid here = ReadModuleId("here");
        Guid there = ReadModuleId("there");
        Guid other = ReadModuleId("other");
        Guid without = ReadModuleId("without");
        Guid withoutToo = ReadModuleId("without-too");

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

    private async Task AddProjectAsync(string folder, string code, bool import, CancellationToken cancellationToken)
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
    }

    /// <summary>One process for all of them: most of what a build takes is its start.</summary>
    private async Task BuildAsync(CancellationToken cancellationToken)
    {
        string all = Path.Combine(_root, "all.proj");
        await File.WriteAllTextAsync(all, """
            <Project>
              <Target Name="Build">
                <ItemGroup><App Include="*/App.csproj" /></ItemGroup>
                <MSBuild Projects="@(App)" Targets="Restore" Properties="Stage=Restore" />
                <MSBuild Projects="@(App)" Targets="Build" Properties="Stage=Build" />
              </Target>
            </Project>
            """, cancellationToken);
        await RunAsync(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["msbuild", all, "-p:Configuration=Release", "-v:q", "-nodeReuse:false"], _root, cancellationToken);
    }

    private Guid ReadModuleId(string folder)
    {
        using var image = new PEReader(File.OpenRead(Path.Combine(_root, folder, "bin", "Release", "net10.0", "App.dll")));
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
