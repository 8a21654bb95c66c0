using System.Reflection;

namespace Mlops.Storage.Conformance;

/// <summary>The suites that every provider runs.</summary>
public static class ConformanceSuites
{
    /// <summary>The abstract suites that the provider's test assembly has no concrete fixture for.</summary>
    public static IEnumerable<string> MissingFrom(Assembly providerTests)
    {
        ArgumentNullException.ThrowIfNull(providerTests);
        IEnumerable<Type> suites = typeof(ConformanceSuites).Assembly.GetTypes().Where(static type => type.IsAbstract && type.IsSubclassOf(typeof(EngineConformance)));
        return suites.Where(suite => !providerTests.GetTypes().Any(type => !type.IsAbstract && type.IsSubclassOf(suite))).Select(static suite => suite.Name);
    }
}
