package store.chaos.links;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Proves the contract on Toxiproxy itself: {@code -Dstore.toxiproxy=} names its server, version 2.5.0. */
@EnabledIfSystemProperty(named = "store.toxiproxy", matches = ".+")
final class RealToxiproxyIT extends ToxiproxyContract {

    @Override
    ProcessBuilder command(int port) {
        return new ProcessBuilder(
                System.getProperty("store.toxiproxy"), "-host", "127.0.0.1", "-port", Integer.toString(port));
    }
}
