using System.Reflection;
using System.Reflection.Emit;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Tests;

/// <summary>
/// That a suite cannot be skipped unnoticed. The fixtures that try are made at run time, so that they are no fixtures of this assembly.
/// </summary>
[TestFixture]
public sealed class ConformanceSuitesTests
{
    private static readonly CustomAttributeBuilder Fixture = Attribute<TestFixtureAttribute>();

    private static readonly ModuleBuilder Module =
        AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("fixtures"), AssemblyBuilderAccess.Run).DefineDynamicModule("fixtures");

    private static readonly TestCaseData[] Evasions =
    [
        new TestCaseData(typeof(CrashConformance), (CustomAttributeBuilder[])[Attribute<IgnoreAttribute>("later")], null, "Ignore").SetArgDisplayNames("ignored"),
        new TestCaseData(typeof(CrashConformance), (CustomAttributeBuilder[])[Attribute<ExplicitAttribute>()], null, "Explicit").SetArgDisplayNames("explicit"),
        new TestCaseData(typeof(CrashConformance), (CustomAttributeBuilder[])[Named("Explicit", true)], null, "TestFixture").SetArgDisplayNames("explicit by its fixture"),
        new TestCaseData(typeof(CrashConformance), (CustomAttributeBuilder[])[Named("Ignore", "later")], null, "TestFixture").SetArgDisplayNames("ignored by its fixture"),
        new TestCaseData(typeof(CrashConformance), (CustomAttributeBuilder[])[Attribute<CultureAttribute>("fr-FR")], null, "Culture").SetArgDisplayNames("for another culture"),
        new TestCaseData(typeof(LeaseConformance), (CustomAttributeBuilder[])[Fixture], "OpenDatabase", "OpenDatabase").SetArgDisplayNames("a hidden set-up"),
        new TestCaseData(typeof(LeaseConformance), (CustomAttributeBuilder[])[Fixture], "Of_eight_connections_that_race_for_a_lease_one_wins", "Of_eight").SetArgDisplayNames("a hidden test"),
    ];

    [TestCaseSource(nameof(Evasions))]
    public void A_fixture_that_would_not_run_the_suite_as_it_is_is_found(Type suite, CustomAttributeBuilder[] attributes, string? method, string found) =>
        Assert.That(ConformanceSuites.ShortcomingsOf(suite, [Define(suite, attributes, method)]), Has.Exactly(1).Items.And.One.Contains(found));

    [Test]
    public void A_plain_fixture_is_enough() => Assert.That(ConformanceSuites.ShortcomingsOf(typeof(LeaseConformance), [Define(typeof(LeaseConformance), [Fixture], null)]), Is.Empty);

    [Test]
    public void A_suite_without_a_fixture_is_found() => Assert.That(
        ConformanceSuites.ShortcomingsOf(typeof(LeaseConformance), [Define(typeof(CrashConformance), [Fixture], null)]), Is.EqualTo(new[] { "LeaseConformance has no fixture" }));

    [Test]
    public void A_suite_whose_tests_do_not_run_is_found()
    {
        Assert.That(ConformanceSuites.ShortcomingsOf(DefineSuite()), Is.EqualTo(new[] { "Suite has no test that runs by itself" }));
        Assert.That(ConformanceSuites.ShortcomingsOf(DefineSuite(Attribute<TestAttribute>(), Attribute<ExplicitAttribute>())), Is.EqualTo(new[] { "Suite has no test that runs by itself" }));
        Assert.That(ConformanceSuites.ShortcomingsOf(DefineSuite(Attribute<TestAttribute>(), Attribute<IgnoreAttribute>("later"))), Has.One.EqualTo("Suite.Tested carries [Ignore]"));
        Assert.That(ConformanceSuites.ShortcomingsOf(DefineSuite(Attribute<TestAttribute>())), Is.Empty);
    }

    private static Type DefineSuite(params CustomAttributeBuilder[] attributes)
    {
        ModuleBuilder module = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("suites"), AssemblyBuilderAccess.Run).DefineDynamicModule("suites");
        TypeBuilder type = module.DefineType("Suite", TypeAttributes.Public | TypeAttributes.Abstract, typeof(EngineConformance));
        MethodBuilder method = DefineMethod(type, "Tested", MethodAttributes.Public);
        foreach (CustomAttributeBuilder attribute in attributes)
        {
            method.SetCustomAttribute(attribute);
        }

        return type.CreateType();
    }

    private static Type Define(Type suite, CustomAttributeBuilder[] attributes, string? method)
    {
        TypeBuilder type = Module.DefineType($"Fixture{Guid.NewGuid():N}", TypeAttributes.Public, suite);
        foreach (CustomAttributeBuilder attribute in attributes)
        {
            type.SetCustomAttribute(attribute);
        }

        // No instance is ever made.
        MethodBuilder engine = type.DefineMethod("get_Engine", MethodAttributes.Family | MethodAttributes.Virtual | MethodAttributes.HideBySig, typeof(IStorageEngine), []);
        engine.GetILGenerator().Emit(OpCodes.Ldnull);
        engine.GetILGenerator().Emit(OpCodes.Ret);
        if (method is not null)
        {
            DefineMethod(type, method, MethodAttributes.Public);
        }

        return type.CreateType();
    }

    private static MethodBuilder DefineMethod(TypeBuilder type, string name, MethodAttributes attributes)
    {
        MethodBuilder method = type.DefineMethod(name, attributes | MethodAttributes.HideBySig, typeof(void), []);
        method.GetILGenerator().Emit(OpCodes.Ret);
        return method;
    }

    private static CustomAttributeBuilder Attribute<T>(params object[] arguments) =>
        new(typeof(T).GetConstructor([.. arguments.Select(static argument => argument.GetType())])!, arguments);

    private static CustomAttributeBuilder Named(string property, object value) =>
        new(typeof(TestFixtureAttribute).GetConstructor([])!, [], [typeof(TestFixtureAttribute).GetProperty(property)!], [value]);
}
