using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Stores.Memory;

namespace Rescind.Simulation;

/// <summary>What the simulation has in the place of the product: the clock, the dice and the store. All else is real.</summary>
public sealed class Parts
{
    private static readonly World World = new(1);

    private static ServiceCollection Node
    {
        get
        {
            var machine = new Machine(World, "node");
            var store = MemoryStore.Open(new(), new() { Issuer = NodeServices.Issuer }, machine, World.Chance);
            return NodeServices.Of(machine, World.Chance, store);
        }
    }

    [Fact]
    public void A_node_is_the_product_but_for_its_store_its_clock_and_its_dice()
    {
        var (product, node) = (NamesOf(NodeServices.Product()), NamesOf(Node));

        product.Except(node).ShouldBe(
            [
                "Entropy: instance of SystemEntropy", "IAuthorityStore: factory", "IHostedService: DataCheck",
                "TimeProvider: instance of SystemTimeProvider",
            ],
            ignoreOrder: true);
        node.Except(product).ShouldBe(
            ["Entropy: instance of Chance", "IAuthorityStore: instance of MemoryStore", "TimeProvider: instance of Machine"],
            ignoreOrder: true);
    }

    [Fact]
    public void Of_the_simulation_a_node_has_a_clock_and_dice()
    {
        Node.Select(service => service.ImplementationType ?? service.ImplementationInstance?.GetType())
            .Where(type => type?.Assembly == typeof(Parts).Assembly)
            .ShouldBe([typeof(Machine), typeof(Chance)], ignoreOrder: true);
    }

    private static List<string> NamesOf(ServiceCollection services) =>
    [
        .. services.Where(service => !service.IsKeyedService).Select(service =>
            $"{service.ServiceType.Name}: {service.ImplementationType?.Name ?? InstanceOf(service)}"),
    ];

    private static string InstanceOf(ServiceDescriptor service) =>
        service.ImplementationInstance is { } instance ? $"instance of {instance.GetType().Name}" : "factory";
}
