using System.Reflection;
using Mlops.Tests.Readme;

namespace Mlops.Tests;

/// <summary>Features never reference each other; the bridges between them live in the package Mlops.</summary>
[TestFixture]
public sealed class ReferenceGraphTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Mlops.Statistics"] = [],
        ["Mlops.Onnx"] = [],
        ["Mlops.Webhooks"] = [],
        ["Mlops.Storage"] = [],
        ["Mlops.Storage.Sqlite"] = ["Mlops.Storage"],
        ["Mlops.Storage.PostgreSql"] = ["Mlops.Storage"],
        ["Mlops.Storage.S3"] = ["Mlops.Storage"],
        ["Mlops.Storage.AzureBlobs"] = ["Mlops.Storage"],
        ["Mlops.Tracking"] = ["Mlops.Storage"],
        ["Mlops.Orchestration"] = ["Mlops.Storage", "Mlops.Webhooks"],
        ["Mlops.Orchestration.Testing"] = ["Mlops.Orchestration", "Mlops.Storage"],
        ["Mlops.Registry"] = ["Mlops.Storage", "Mlops.Onnx", "Mlops.Webhooks"],
        ["Mlops.Drift"] = ["Mlops.Storage", "Mlops.Statistics", "Mlops.Webhooks"],
        ["Mlops.Tuning"] = ["Mlops.Storage", "Mlops.Statistics"],
        ["Mlops.Serving"] = ["Mlops.Statistics"],
        ["Mlops.Serving.OnnxRuntime"] = ["Mlops.Serving", "Mlops.Onnx"],
        ["Mlops.Serving.AspNetCore"] = ["Mlops.Serving"],
        ["Mlops.Serving.GraphQL"] = ["Mlops.Serving", "Mlops.Serving.AspNetCore"],
        ["Mlops.Mlflow"] = ["Mlops.Storage", "Mlops.Tracking", "Mlops.Registry", "Mlops.Onnx"],
        ["Mlops"] = ["Mlops.Storage", "Mlops.Tracking", "Mlops.Registry", "Mlops.Drift", "Mlops.Serving", "Mlops.Orchestration", "Mlops.Tuning"],
    };

    internal static IEnumerable<string> Packages => Allowed.Keys;

    [TestCaseSource(nameof(Packages))]
    public void A_package_references_only_what_the_architecture_allows(string package)
    {
        IEnumerable<string> references = Assembly.Load(package).GetReferencedAssemblies()
            .Select(static reference => reference.Name!)
            .Where(static name => name == "Mlops" || name.StartsWith("Mlops.", StringComparison.Ordinal));

        Assert.That(references, Is.SubsetOf(Allowed[package]));
    }

    [Test]
    public void Every_package_is_known_here() =>
        Assert.That(Packages, Is.EquivalentTo(Directory.EnumerateDirectories(Path.Combine(Readmes.Root, "src")).Select(Path.GetFileName)));

    [Test]
    public void The_managed_packages_reference_no_native_runtime()
    {
        string[] native = ["Microsoft.ML.OnnxRuntime", "Microsoft.Data.Sqlite", "SQLitePCLRaw.core", "Npgsql"];
        foreach (string package in Allowed.Keys.Where(static name => name is not ("Mlops.Storage.Sqlite" or "Mlops.Storage.PostgreSql" or "Mlops.Serving.OnnxRuntime")))
        {
            Assert.That(Assembly.Load(package).GetReferencedAssemblies().Select(static reference => reference.Name), Has.None.AnyOf(native), package);
        }
    }
}
