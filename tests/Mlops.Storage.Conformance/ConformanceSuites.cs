using System.Reflection;
using NUnit.Framework;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace Mlops.Storage.Conformance;

/// <summary>The suites that every provider runs, whole and as they are.</summary>
public static class ConformanceSuites
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>What keeps tests of the suites from running in the provider's test assembly.</summary>
    public static IEnumerable<string> ShortcomingsOf(Assembly providerTests)
    {
        ArgumentNullException.ThrowIfNull(providerTests);
        Type[] suites = [.. typeof(ConformanceSuites).Assembly.GetTypes().Where(static type => type.IsAbstract && type.IsSubclassOf(typeof(EngineConformance)))];
        return suites.SelectMany(static suite => ShortcomingsOf(suite))
            .Concat(suites.SelectMany(suite => ShortcomingsOf(suite, providerTests.GetTypes())))
            .Concat(Switches(providerTests).Select(static attribute => $"the assembly carries [{attribute}]"));
    }

    /// <summary>What keeps the suite's tests from running wherever it is inherited.</summary>
    public static IEnumerable<string> ShortcomingsOf(Type suite)
    {
        ArgumentNullException.ThrowIfNull(suite);
        MethodInfo[] tests = [.. suite.GetMethods().Where(static method => method.GetCustomAttributes().Any(static attribute => attribute is ITestBuilder or ISimpleTestBuilder))];
        if (!tests.Any(static test => !Switches(test).Any()))
        {
            yield return $"{suite.Name} has no test that runs by itself";
        }

        foreach (string attribute in Switches(suite))
        {
            yield return $"{suite.Name} carries [{attribute}]";
        }

        foreach (MethodInfo test in tests)
        {
            // Explicit is for measurements, which run on demand; nothing may be switched off otherwise.
            foreach (string attribute in Switches(test).Where(static attribute => attribute != "Explicit"))
            {
                yield return $"{suite.Name}.{test.Name} carries [{attribute}]";
            }

            if (test.IsVirtual)
            {
                yield return $"{suite.Name}.{test.Name} can be overridden";
            }
        }
    }

    /// <summary>What keeps the suite's tests from running among these types.</summary>
    public static IEnumerable<string> ShortcomingsOf(Type suite, IReadOnlyCollection<Type> types)
    {
        ArgumentNullException.ThrowIfNull(suite);
        ArgumentNullException.ThrowIfNull(types);
        Type[] fixtures = [.. types.Where(type => !type.IsAbstract && type.IsSubclassOf(suite))];
        if (fixtures.Length == 0)
        {
            yield return $"{suite.Name} has no fixture";
        }

        foreach (Type type in fixtures.SelectMany(fixture => Chain(fixture, suite)).Distinct())
        {
            foreach (string attribute in Switches(type))
            {
                yield return $"{type.Name} carries [{attribute}]";
            }

            // A set-up that ignores, or a method that hides a test, would do as well as an attribute.
            foreach (MethodInfo method in type.GetMethods(Declared).Where(static method => method.Name is not ("get_Engine" or "get_Place")))
            {
                yield return $"{type.Name} declares {method.Name}; a fixture only names its engine and its place";
            }
        }
    }

    private static IEnumerable<Type> Chain(Type fixture, Type suite)
    {
        for (Type type = fixture; type != suite; type = type.BaseType!)
        {
            yield return type;
        }
    }

    /// <summary>The attributes that decide whether something runs, whatever their name.</summary>
    private static IEnumerable<string> Switches(ICustomAttributeProvider member) => member.GetCustomAttributes(inherit: false)
        .Where(static attribute => attribute switch
        {
            TestFixtureAttribute fixture => fixture.RunState != RunState.Runnable,
            TestCaseAttribute test => test.RunState != RunState.Runnable,
            ITestBuilder or ISimpleTestBuilder => false,
            IApplyToTest apply => Stops(apply),
            _ => false,
        })
        .Select(static attribute => attribute.GetType().Name[..^"Attribute".Length]);

    /// <summary>Asks the attribute itself, by applying it to a test that would run.</summary>
    private static bool Stops(IApplyToTest attribute)
    {
        var test = new TestSuite("asked");
        attribute.ApplyToTest(test);
        return test.RunState != RunState.Runnable;
    }
}
