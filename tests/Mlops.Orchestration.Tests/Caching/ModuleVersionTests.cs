using System.Diagnostics;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.Loader;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

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

    [TestCase("Microsoft.Extensions.Made")]
    [TestCase("System.Made")]
    [TestCase("Made")]
    public void A_reference_of_a_reference_counts_by_its_id_whatever_its_name(string name)
    {
        // The version of the assembly is the same in all of them, as over the patches of a package.
        Type far = Save("one", name, null);
        Type near = Save("one", "Microsoft.Between", far);
        Save("one", "App", near);
        foreach (string folder in (string[])["copy", "patched"])
        {
            Directory.CreateDirectory(Path.Combine(_root, folder));
            foreach (string file in (string[])[name, "Microsoft.Between", "App"])
            {
                File.Copy(Path.Combine(_root, "one", file + ".dll"), Path.Combine(_root, folder, file + ".dll"), overwrite: true);
            }
        }

        Save("patched", name, null);

        string? one = VersionOfApp("one");
        Assert.That(one, Is.Not.Null.And.EqualTo(VersionOfApp("copy")));
        Assert.That(VersionOfApp("patched"), Is.Not.EqualTo(one));
    }

    [Test]
    public void Only_what_lies_with_the_shared_frameworks_counts_as_framework()
    {
        Assert.That(CodeVersion.IsFramework(typeof(object).Assembly), Is.True);
        Assert.That(CodeVersion.IsFramework(typeof(HttpClient).Assembly), Is.True);
        Assert.That(CodeVersion.IsFramework(typeof(ILogger).Assembly), Is.False, "Microsoft.Extensions.Logging.Abstractions is a package here");
        Assert.That(CodeVersion.IsFramework(typeof(FakeTimeProvider).Assembly), Is.False);
        Assert.That(CodeVersion.IsFramework(typeof(ModuleVersionTests).Assembly), Is.False);
    }

    [Test]
    public void The_shared_framework_of_web_applications_is_one()
    {
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string web = Path.Combine(runtime, "..", "..", "Microsoft.AspNetCore.App", Path.GetFileName(runtime), "Microsoft.AspNetCore.Http.Abstractions.dll");
        if (!File.Exists(web))
        {
            Assert.Ignore("ASP.NET Core is not installed beside this runtime.");
        }

        Assert.That(CodeVersion.IsFramework(new AssemblyLoadContext("web").LoadFromAssemblyPath(Path.GetFullPath(web))), Is.True);
    }

    [Test]
    public void A_runtime_among_the_files_of_an_application_or_within_its_program_has_no_folder_of_frameworks()
    {
        string root = Path.Combine(_root, "dotnet", "shared");

        Assert.That(
            CodeVersion.FindFrameworks(Path.Combine(root, "Microsoft.NETCore.App", "10.0.1", "System.Private.CoreLib.dll")),
            Is.EqualTo(root + Path.DirectorySeparatorChar));
        Assert.That(CodeVersion.FindFrameworks(Path.Combine(_root, "apps", "mine", "publish", "System.Private.CoreLib.dll")), Is.Null);
        Assert.That(CodeVersion.FindFrameworks(Path.Combine(root, "mine", "publish", "System.Private.CoreLib.dll")), Is.Null);
        Assert.That(CodeVersion.FindFrameworks(""), Is.Null);
    }

    /// <summary>Writes an assembly with a module version id of its own, whose class has a member of the type that it needs.</summary>
    private Type Save(string folder, string name, Type? needs)
    {
        var builder = new PersistedAssemblyBuilder(new AssemblyName(name) { Version = new Version(10, 0, 0, 0) }, typeof(object).Assembly);
        TypeBuilder type = builder.DefineDynamicModule(name).DefineType(name + ".Code", TypeAttributes.Public | TypeAttributes.Class);
        ILGenerator run = type.DefineMethod("Run", MethodAttributes.Public | MethodAttributes.Static, typeof(int), []).GetILGenerator();
        run.Emit(OpCodes.Ldc_I4_1);
        run.Emit(OpCodes.Ret);
        if (needs is not null)
        {
            type.DefineField("Needed", needs, FieldAttributes.Public);
        }

        Type created = type.CreateType();
        Directory.CreateDirectory(Path.Combine(_root, folder));
        builder.Save(Path.Combine(_root, folder, name + ".dll"));
        return created;
    }

    /// <summary>In a context of its own, which alone knows where the files are.</summary>
    private string? VersionOfApp(string folder)
    {
        var context = new AssemblyLoadContext(folder);
        context.Resolving += (_, name) => Load(name.Name!);
        return CodeVersion.Of(Load("App")!.GetType("App.Code")!.GetMethod("Run")!.CreateDelegate<Func<int>>());

        Assembly? Load(string name)
        {
            string path = Path.Combine(_root, folder, name + ".dll");
            if (!File.Exists(path))
            {
                return null;
            }

            using var content = new MemoryStream(File.ReadAllBytes(path));
            return context.LoadFromStream(content);
        }
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
