// The one translation unit that holds the function bodies of Beast and of Asio's TLS.
#include <boost/beast/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
