using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Mlops.Tests;

/// <summary>
/// A file that uses the whole family, the implicit usings of an ASP.NET application, System.Numerics.Tensors and ONNX Runtime has no ambiguous name.
/// </summary>
[TestFixture]
public sealed class PublicNamesTests
{
    // https://learn.microsoft.com/dotnet/core/project-sdk/overview#implicit-using-directives, SDKs Microsoft.NET.Sdk, .Web and .Worker.
    private static readonly HashSet<string> UsedBesides =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks",
        "System.Net.Http.Json", "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Http", "Microsoft.AspNetCore.Routing",
        "Microsoft.Extensions.Configuration", "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging",
        "System.Numerics.Tensors", "Microsoft.ML.OnnxRuntime",
    ];

    [Test]
    public void No_two_packages_have_a_type_of_one_name()
    {
        IEnumerable<string> shared = ReferenceGraphTests.Packages
            .SelectMany(static package => Exported(Assembly.Load(package)).Distinct().Select(name => (Name: name, Package: package)))
            .GroupBy(static type => type.Name, StringComparer.Ordinal)
            .Where(static types => types.Count() > 1)
            .Select(static types => $"{types.Key}: {string.Join(", ", types.Select(static type => type.Package))}");

        Assert.That(shared, Is.Empty);
    }

    [Test]
    public void No_type_has_a_name_of_the_namespaces_used_beside_the_family()
    {
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string aspNetCore = Directory.EnumerateDirectories(Path.Combine(runtime, "..", "..", "Microsoft.AspNetCore.App"), $"{Environment.Version.Major}.*").First();
        string[] besides = [runtime, aspNetCore, AppContext.BaseDirectory];
        Dictionary<string, string> taken = [];
        foreach (string file in besides.SelectMany(static folder => Directory.EnumerateFiles(folder, "*.dll")))
        {
            foreach ((string name, string space) in PublicTypes(file))
                taken.TryAdd(name, space);
        }

        Assert.That(taken, Contains.Key("IHost").And.ContainKey("WebApplication").And.ContainKey("TensorPrimitives").And.ContainKey("InferenceSession"));
        IEnumerable<string> clashes = ReferenceGraphTests.Packages
            .SelectMany(static package => Exported(Assembly.Load(package))).Distinct()
            .Where(taken.ContainsKey).Select(name => $"{name} is in {taken[name]} too");

        Assert.That(clashes, Is.Empty);
    }

    private static IEnumerable<string> Exported(Assembly assembly) =>
        assembly.GetExportedTypes().Where(static type => !type.IsNested).Select(static type => type.Name.Split('`')[0]);

    private static List<(string Name, string Namespace)> PublicTypes(string file)
    {
        using var image = new PEReader(File.OpenRead(file));
        if (!image.HasMetadata)
            return [];
        MetadataReader reader = image.GetMetadataReader();
        return [.. reader.TypeDefinitions.Select(reader.GetTypeDefinition)
            .Where(static type => (type.Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.Public)
            .Select(type => (Name: reader.GetString(type.Name).Split('`')[0], Namespace: reader.GetString(type.Namespace)))
            .Where(static type => UsedBesides.Contains(type.Namespace))];
    }
}
